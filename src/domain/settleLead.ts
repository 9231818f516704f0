import { ownerOf } from './accounts.ts';
import type { AttributeDeclaration } from './configuration.ts';
import type { Issue } from './errors.ts';
import type { Attributes, AttributeValue, RoutableLead } from './lead.ts';
import type { RoutingConfiguration } from './routingConfiguration.ts';

/*
 * What is made of a lead by what the workspace has set up, before it is decided: domains that tell no company, metro
 * areas, attributes of its own.
 */

export interface Settled {
  readonly lead: RoutableLead;
  /** Fields that were worked out, with what they were worked out of. */
  readonly derived: Readonly<Record<string, string>>;
  /** Attributes that are not what they were declared to be; paths from the lead. */
  readonly issues: readonly Issue[];
}

const OF_PLACE = { NAME: null, POSTAL_CODE: 'postalCode', CITY: 'city', RADIUS: 'latitude, longitude' } as const;

/** @param derived fields that have been worked out before */
export function settleLead(
  lead: RoutableLead,
  { settings, metros }: RoutingConfiguration,
  derived: Settled['derived'] = {},
): Settled {
  const isFreeMail = lead.companyDomain !== null && settings.freeMail.has(lead.companyDomain);
  const metro = metros.match(lead);
  const of = metro && OF_PLACE[metro.by];
  const { companyDomain: _, ...withoutDomain } = derived;
  const { attributes, issues } = checkAttributes(lead.attributes, settings.leadAttributes);
  return {
    lead: {
      ...lead,
      companyDomain: isFreeMail ? null : lead.companyDomain,
      metro: metro?.key ?? lead.metro,
      attributes,
    },
    derived: { ...(isFreeMail ? withoutDomain : derived), ...(of ? { metro: of } : {}) },
    issues,
  };
}

/** Brings declared attributes to their type where that loses nothing: `"42"` → 42. Others stay as they are. */
function checkAttributes(
  attributes: Attributes,
  declarations: readonly AttributeDeclaration[],
): { readonly attributes: Attributes; readonly issues: readonly Issue[] } {
  if (declarations.length === 0) return { attributes, issues: [] };
  const issues: Issue[] = [];
  const checked: Record<string, AttributeValue> = { ...attributes };
  for (const declaration of declarations) {
    const { name } = declaration;
    const given = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (given === undefined) continue;
    const value = toType(given, declaration);
    if (value !== null) checked[name] = value;
    else {
      const { type, values } = declaration;
      const wanted = type === 'ENUM' ? `one of ${values.join(', ')}` : `of type ${type}`;
      issues.push({
        path: ['attributes', name],
        message: `must be ${wanted}, as declared; this is ${JSON.stringify(given)}`,
      });
    }
  }
  return { attributes: checked, issues };
}

function toType(given: AttributeValue, { type, values }: AttributeDeclaration): AttributeValue | null {
  const text = String(given).trim();
  switch (type) {
    case 'TEXT':
      return String(given);
    case 'NUMBER':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
    case 'BOOLEAN':
      return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : null;
    case 'ENUM':
      return values.find((value) => value.toLowerCase() === text.toLowerCase()) ?? null;
  }
}

/** The owner of the account a lead belongs to, if there is one who is still there. */
export function accountOwner(lead: RoutableLead, { accounts, reps }: RoutingConfiguration): string | null {
  const match = accounts.match(lead);
  const owner = match && reps.byId.get(ownerOf(match.account, accounts) ?? '');
  return owner && owner.status !== 'LEFT' ? owner.id : null;
}
