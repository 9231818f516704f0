-- Names are compared by trigrams.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- CreateEnum
CREATE TYPE "FairnessWindow" AS ENUM ('NEVER', 'DAY', 'WEEK', 'MONTH');

-- CreateEnum
CREATE TYPE "ProposalStatus" AS ENUM ('OPEN', 'APPROVED', 'REFUSED');

-- AlterEnum
ALTER TYPE "Method" ADD VALUE 'DUPLICATE';
ALTER TYPE "Method" ADD VALUE 'REASSIGNMENT';
ALTER TYPE "Method" ADD VALUE 'OFFBOARDING';

-- DropIndex
DROP INDEX "Account_workspaceId_normalizedName_idx";

-- AlterTable
ALTER TABLE "Account" ADD COLUMN     "aliases" TEXT[] DEFAULT '{}',
ADD COLUMN     "parentId" UUID;

-- AlterTable
ALTER TABLE "Assignment" ADD COLUMN     "classes" TEXT[] DEFAULT '{}',
ADD COLUMN     "cost" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "turnReturned" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Lead" ADD COLUMN     "accountKey" TEXT,
ADD COLUMN     "derived" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "enteredById" UUID,
ADD COLUMN     "firstLeadId" UUID,
ADD COLUMN     "latitude" DOUBLE PRECISION,
ADD COLUMN     "longitude" DOUBLE PRECISION,
ADD COLUMN     "naceSection" TEXT,
ADD COLUMN     "naicsSector" TEXT,
ADD COLUMN     "normalizedCompany" TEXT,
ADD COLUMN     "personKey" TEXT;

-- AlterTable
ALTER TABLE "PlanVersion" ADD COLUMN     "publishedBy" TEXT,
ADD COLUMN     "reviewOn" TEXT,
ADD COLUMN     "reviewsDue" TEXT[] DEFAULT '{}',
ADD COLUMN     "revision" INTEGER NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "Pool" ADD COLUMN     "fairnessWindow" "FairnessWindow" NOT NULL DEFAULT 'NEVER',
ADD COLUMN     "limitsCapacity" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "maxAhead" INTEGER,
ADD COLUMN     "memberCapacity" INTEGER,
ADD COLUMN     "returnDisqualified" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "segmentValues" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "weightSegments" TEXT[] DEFAULT '{}',
ADD COLUMN     "weighting" JSONB NOT NULL DEFAULT '{"by":"FIXED","floor":1,"ceiling":1000,"days":90}',
ADD COLUMN     "weightsDerivedAt" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "PoolMember" ADD COLUMN     "capacity" INTEGER,
ADD COLUMN     "segmentWeights" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "Rep" ADD COLUMN     "classLimits" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "employeesMax" INTEGER,
ADD COLUMN     "employeesMin" INTEGER,
ADD COLUMN     "industries" TEXT[] DEFAULT '{}',
ADD COLUMN     "products" TEXT[] DEFAULT '{}',
ADD COLUMN     "rateCaps" JSONB,
ADD COLUMN     "regions" TEXT[] DEFAULT '{}';

-- AlterTable
ALTER TABLE "RepState" ADD COLUMN     "classes" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "held" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "Rotation" ALTER COLUMN "poolId" TYPE TEXT;
ALTER TABLE "Rotation" RENAME COLUMN "poolId" TO "id";
ALTER TABLE "Rotation" ADD COLUMN     "since" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "Territory" ADD COLUMN     "industryKeywords" TEXT[] DEFAULT '{}';

-- AlterTable
ALTER TABLE "Workspace" ADD COLUMN     "classLimits" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "freeMailDomains" TEXT[] DEFAULT '{}',
ADD COLUMN     "leadAttributes" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "leadCosts" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "rateCaps" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "samePerson" JSONB NOT NULL DEFAULT '{"action":"ROUTE_TO_OWNER","windowDays":30,"scope":"WORKSPACE","ignoreTags":true,"ignoreDots":"GMAIL"}',
ADD COLUMN     "timeZone" TEXT NOT NULL DEFAULT 'UTC';

-- CreateTable
CREATE TABLE "Metro" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "postalPrefixes" TEXT[],
    "cities" TEXT[],
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "radiusKm" DOUBLE PRECISION,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Metro_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "SpecialtyProposal" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "repId" UUID NOT NULL,
    "status" "ProposalStatus" NOT NULL,
    "specialties" JSONB NOT NULL,
    "note" TEXT,
    "decidedBy" TEXT,
    "reason" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "decidedAt" TIMESTAMPTZ(3),

    CONSTRAINT "SpecialtyProposal_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "WeightChange" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "poolId" UUID NOT NULL,
    "changes" JSONB NOT NULL,
    "by" TEXT NOT NULL,
    "changedBy" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "revertedAt" TIMESTAMPTZ(3),

    CONSTRAINT "WeightChange_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "ConfigurationHistory" (
    "workspaceId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "row" JSONB,

    CONSTRAINT "ConfigurationHistory_pkey" PRIMARY KEY ("workspaceId","kind","id","version")
);

-- CreateIndex
CREATE UNIQUE INDEX "Metro_workspaceId_key_key" ON "Metro"("workspaceId", "key");

-- CreateIndex
CREATE INDEX "SpecialtyProposal_workspaceId_repId_idx" ON "SpecialtyProposal"("workspaceId", "repId");

-- CreateIndex
CREATE INDEX "WeightChange_workspaceId_poolId_at_idx" ON "WeightChange"("workspaceId", "poolId", "at");

-- CreateIndex
CREATE INDEX "Account_normalizedName_idx" ON "Account" USING GIN ("normalizedName" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "Account_workspaceId_parentId_idx" ON "Account"("workspaceId", "parentId");

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_workspaceId_parentId_fkey" FOREIGN KEY ("workspaceId", "parentId") REFERENCES "Account"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "SpecialtyProposal" ADD CONSTRAINT "SpecialtyProposal_workspaceId_repId_fkey" FOREIGN KEY ("workspaceId", "repId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "WeightChange" ADD CONSTRAINT "WeightChange_workspaceId_poolId_fkey" FOREIGN KEY ("workspaceId", "poolId") REFERENCES "Pool"("workspaceId", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- What was there gets its value above; from here on every row says its own.
ALTER TABLE "Account" ALTER COLUMN "aliases" DROP DEFAULT;
ALTER TABLE "Assignment" ALTER COLUMN "classes" DROP DEFAULT, ALTER COLUMN "cost" DROP DEFAULT, ALTER COLUMN "turnReturned" DROP DEFAULT;
ALTER TABLE "Lead" ALTER COLUMN "derived" DROP DEFAULT;
ALTER TABLE "PlanVersion" ALTER COLUMN "reviewsDue" DROP DEFAULT, ALTER COLUMN "revision" DROP DEFAULT;
ALTER TABLE "Pool" ALTER COLUMN "fairnessWindow" DROP DEFAULT, ALTER COLUMN "limitsCapacity" DROP DEFAULT, ALTER COLUMN "returnDisqualified" DROP DEFAULT, ALTER COLUMN "segmentValues" DROP DEFAULT, ALTER COLUMN "weightSegments" DROP DEFAULT, ALTER COLUMN "weighting" DROP DEFAULT;
ALTER TABLE "PoolMember" ALTER COLUMN "segmentWeights" DROP DEFAULT;
ALTER TABLE "Rep" ALTER COLUMN "classLimits" DROP DEFAULT, ALTER COLUMN "industries" DROP DEFAULT, ALTER COLUMN "products" DROP DEFAULT, ALTER COLUMN "regions" DROP DEFAULT;
ALTER TABLE "RepState" ALTER COLUMN "classes" DROP DEFAULT, ALTER COLUMN "held" DROP DEFAULT;
ALTER TABLE "Territory" ALTER COLUMN "industryKeywords" DROP DEFAULT;
ALTER TABLE "Workspace" ALTER COLUMN "classLimits" DROP DEFAULT, ALTER COLUMN "freeMailDomains" DROP DEFAULT, ALTER COLUMN "leadAttributes" DROP DEFAULT, ALTER COLUMN "leadCosts" DROP DEFAULT, ALTER COLUMN "rateCaps" DROP DEFAULT, ALTER COLUMN "samePerson" DROP DEFAULT, ALTER COLUMN "timeZone" DROP DEFAULT;

-- What Prisma's schema cannot express.

-- Leads of one person that are open: the same person again is looked for under the lane.
CREATE INDEX "Lead_open_person_idx" ON "Lead" ("workspaceId", "personKey") WHERE "closedAt" IS NULL AND "personKey" IS NOT NULL;
CREATE INDEX "Lead_open_phone_idx" ON "Lead" ("workspaceId", "phone") WHERE "closedAt" IS NULL AND "phone" IS NOT NULL;
-- The person's other leads, and those of the same company.
CREATE INDEX "Lead_first_idx" ON "Lead" ("workspaceId", "firstLeadId") WHERE "firstLeadId" IS NOT NULL;
CREATE INDEX "Lead_domain_idx" ON "Lead" ("workspaceId", "companyDomain", "id") WHERE "companyDomain" IS NOT NULL;
CREATE INDEX "Lead_company_idx" ON "Lead" ("workspaceId", "normalizedCompany", "id") WHERE "normalizedCompany" IS NOT NULL;
-- What was closed of late, and what a pool has routed.
CREATE INDEX "Lead_closed_idx" ON "Lead" ("workspaceId", "closedAt") WHERE "closedAt" IS NOT NULL;
CREATE INDEX "Assignment_pool_idx" ON "Assignment" ("workspaceId", "poolId", "number") WHERE "poolId" IS NOT NULL;
-- One open proposal of a rep at a time.
CREATE UNIQUE INDEX "SpecialtyProposal_open_key" ON "SpecialtyProposal" ("workspaceId", "repId") WHERE "status" = 'OPEN';

UPDATE "RepState" r SET "held" = h."held"
FROM (
  SELECT "workspaceId", "repId", jsonb_object_agg("poolId", "leads") AS "held"
  FROM (
    SELECT a."workspaceId", a."repId", a."poolId", count(*) AS "leads"
    FROM "Assignment" a JOIN "Lead" l ON l."workspaceId" = a."workspaceId" AND l."id" = a."leadId"
    WHERE a."endedAt" IS NULL AND l."closedAt" IS NULL AND a."poolId" IS NOT NULL
    GROUP BY 1, 2, 3
  ) counted GROUP BY 1, 2
) h
WHERE r."workspaceId" = h."workspaceId" AND r."repId" = h."repId";

-- Every row of the configuration is kept as it stands from a version on, whoever writes it. Lane.configVersion is
-- raised at the end of the transaction, so what is written now holds from the next number on.
CREATE FUNCTION "keepConfigurationHistory"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "ConfigurationHistory" ("workspaceId", "kind", "id", "version", "row")
  SELECT c."workspaceId", TG_TABLE_NAME, c."id", coalesce(l."configVersion", 0) + 1,
         CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE c."row" END
  FROM (
    SELECT coalesce(j."row" ->> 'workspaceId', j."row" ->> 'id')::uuid AS "workspaceId",
           coalesce(j."row" ->> 'id', j."row" ->> 'domain', (j."row" ->> 'poolId') || '/' || (j."row" ->> 'repId')) AS "id",
           j."row"
    FROM (SELECT to_jsonb(changed) AS "row" FROM changed) j
  ) c
  LEFT JOIN "Lane" l ON l."workspaceId" = c."workspaceId"
  ON CONFLICT ("workspaceId", "kind", "id", "version") DO UPDATE SET "row" = excluded."row";
  RETURN NULL;
END $$;

DO $$
DECLARE
  kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['Workspace', 'Rep', 'Pool', 'PoolMember', 'Metro', 'Territory', 'Account', 'AccountDomain', 'Segment'] LOOP
    EXECUTE format('CREATE TRIGGER "history_insert" AFTER INSERT ON %I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"()', kept);
    EXECUTE format('CREATE TRIGGER "history_update" AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"()', kept);
    EXECUTE format('CREATE TRIGGER "history_delete" AFTER DELETE ON %I REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"()', kept);
  END LOOP;
END $$;

-- What is there already holds from the present version on.
INSERT INTO "ConfigurationHistory" SELECT t."id", 'Workspace', t."id"::text, l."configVersion", to_jsonb(t) FROM "Workspace" t JOIN "Lane" l ON l."workspaceId" = t."id";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'Rep', t."id"::text, l."configVersion", to_jsonb(t) FROM "Rep" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'Pool', t."id"::text, l."configVersion", to_jsonb(t) FROM "Pool" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'PoolMember', t."poolId" || '/' || t."repId", l."configVersion", to_jsonb(t) FROM "PoolMember" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'Territory', t."id"::text, l."configVersion", to_jsonb(t) FROM "Territory" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'Account', t."id"::text, l."configVersion", to_jsonb(t) FROM "Account" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'AccountDomain', t."domain", l."configVersion", to_jsonb(t) FROM "AccountDomain" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'Segment', t."id"::text, l."configVersion", to_jsonb(t) FROM "Segment" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";

-- Decisions are kept in another form. Of those that are there, what was decided stays; who was considered does not.
UPDATE "Decision" SET "data" = jsonb_build_object(
  'configVersion', 0, 'account', "data" -> 'account', 'beyondCapacity', "data" -> 'beyondCapacity',
  'reps', '[]'::jsonb, 'rotations', '[]'::jsonb, 'turns', '[]'::jsonb, 'steps', '[]'::jsonb);
