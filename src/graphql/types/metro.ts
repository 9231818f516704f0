import { createMetro, deleteMetro, updateMetro } from '../../configuration/metros.ts';
import { builder } from '../builder.ts';
import { decodeId, encodeId } from '../ids.ts';
import { configurationMutation } from './configurationMutation.ts';
import { configurationList } from './configurationQuery.ts';
import { deleteMutation } from './delete.ts';
import { NodeRef } from './node.ts';
import { MetroRef } from './refs.ts';

MetroRef.implement({
  description:
    'A metro area of the workspace’s own: postal prefixes, cities, or a circle. Where a lead’s place lies in one, its `metro` is this key. Fifteen large ones are known anyway (docs/routing.md).',
  authScopes: { 'configuration:read': true },
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeId('Metro', id) }),
    key: t.exposeString('key'),
    name: t.exposeString('name'),
    country: t.exposeString('country', { description: 'ISO 3166-1 alpha-2.' }),
    postalPrefixes: t.stringList({ resolve: ({ postalPrefixes }) => [...postalPrefixes] }),
    cities: t.stringList({ resolve: ({ cities }) => [...cities] }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'Of the centre, in degrees.' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'Of the centre, in degrees.' }),
    radiusKm: t.exposeFloat('radiusKm', { nullable: true }),
  }),
});

configurationList({
  type: 'Metro',
  ref: MetroRef,
  name: 'metros',
  list: (prisma, query) => prisma.metro.findMany(query),
  find: (id, { loaders }) => loaders.metro.load(id),
});

const place = {
  postalPrefixes: 'At most 1,000.',
  cities: 'At most 1,000.',
  radiusKm: 'Above 0, at most 2,000; with latitude and longitude, or none of the three.',
} as const;

const CreateMetroInput = builder.inputType('CreateMetroInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    name: t.string({ required: true }),
    country: t.string({ required: true, description: 'Code or name.' }),
    postalPrefixes: t.stringList({ description: place.postalPrefixes }),
    cities: t.stringList({ description: place.cities }),
    latitude: t.float(),
    longitude: t.float(),
    radiusKm: t.float({ description: place.radiusKm }),
  }),
});

const UpdateMetroInput = builder.inputType('UpdateMetroInput', {
  description: 'What is left out stays; null clears.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    country: t.string(),
    postalPrefixes: t.stringList({ description: place.postalPrefixes }),
    cities: t.stringList({ description: place.cities }),
    latitude: t.float(),
    longitude: t.float(),
    radiusKm: t.float({ description: place.radiusKm }),
  }),
});

configurationMutation({
  name: 'createMetro',
  description: 'Adds a metro area. One with the key of a known one takes its place.',
  input: CreateMetroInput,
  field: 'metro',
  type: MetroRef,
  change: createMetro,
});

configurationMutation({
  name: 'updateMetro',
  description: 'Changes a metro area.',
  input: UpdateMetroInput,
  field: 'metro',
  type: MetroRef,
  change: (context, { id, ...fields }) => updateMetro(context, decodeId('Metro', id), fields),
});

deleteMutation('Metro', 'Removes a metro area.', deleteMetro);
