-- CreateEnum
CREATE TYPE "RepStatus" AS ENUM ('ACTIVE', 'PAUSED', 'LEFT');

-- CreateEnum
CREATE TYPE "Strategy" AS ENUM ('ROUND_ROBIN', 'WEIGHTED', 'VALUE_BALANCED', 'LEAST_LOADED');

-- CreateEnum
CREATE TYPE "AccountKind" AS ENUM ('CUSTOMER', 'NAMED');

-- CreateEnum
CREATE TYPE "PlanStatus" AS ENUM ('DRAFT', 'PUBLISHED', 'ARCHIVED');

-- CreateEnum
CREATE TYPE "LeadStatus" AS ENUM ('NEW', 'ASSIGNED', 'CONTACTED', 'QUALIFIED', 'OPPORTUNITY', 'WON', 'LOST', 'DISQUALIFIED');

-- CreateEnum
CREATE TYPE "RequestKind" AS ENUM ('DEMO', 'CONTACT_SALES', 'TRIAL', 'PRICING', 'EVENT', 'DOWNLOAD', 'OTHER');

-- CreateEnum
CREATE TYPE "Qualification" AS ENUM ('NONE', 'MQL', 'SQL');

-- CreateEnum
CREATE TYPE "Method" AS ENUM ('ACCOUNT_OWNER', 'NAMED_ACCOUNT', 'TERRITORY', 'SPECIALIZATION', 'SEGMENT', 'DEFAULT', 'FALLBACK', 'MANUAL');

-- CreateEnum
CREATE TYPE "ActivityKind" AS ENUM ('CALL', 'EMAIL', 'MEETING', 'MESSAGE', 'NOTE', 'ACKNOWLEDGED');

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('ADMIN', 'MANAGER', 'REP', 'PARTNER', 'VIEWER');

-- CreateTable
CREATE TABLE "Workspace" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "defaultCapacity" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Workspace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Lane" (
    "workspaceId" UUID NOT NULL,
    "batch" BIGINT NOT NULL,
    "configVersion" BIGINT NOT NULL,
    "lastEvent" BIGINT NOT NULL,
    "lastAssignment" BIGINT NOT NULL,
    "prunedEvent" BIGINT NOT NULL,

    CONSTRAINT "Lane_pkey" PRIMARY KEY ("workspaceId")
);

-- CreateTable
CREATE TABLE "ConfigVersion" (
    "workspaceId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "version" BIGINT NOT NULL,

    CONSTRAINT "ConfigVersion_pkey" PRIMARY KEY ("workspaceId","kind")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "keyId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "secretHash" BYTEA NOT NULL,
    "role" "Role" NOT NULL,
    "scopes" TEXT[],
    "repId" UUID,
    "expiresAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Rep" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "managerId" UUID,
    "backupId" UUID,
    "capacity" INTEGER,
    "status" "RepStatus" NOT NULL,
    "timeZone" TEXT,
    "language" TEXT,
    "specialties" TEXT[],
    "attributes" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Rep_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "RepState" (
    "workspaceId" UUID NOT NULL,
    "repId" UUID NOT NULL,
    "load" INTEGER NOT NULL,
    "lastAssignment" BIGINT NOT NULL,
    "lastEvent" BIGINT NOT NULL,
    "batch" BIGINT NOT NULL,

    CONSTRAINT "RepState_pkey" PRIMARY KEY ("workspaceId","repId")
);

-- CreateTable
CREATE TABLE "Pool" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "strategy" "Strategy" NOT NULL,
    "defaultValue" INTEGER NOT NULL,
    "countManual" BOOLEAN NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Pool_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "PoolMember" (
    "workspaceId" UUID NOT NULL,
    "poolId" UUID NOT NULL,
    "repId" UUID NOT NULL,
    "weight" INTEGER NOT NULL,
    "tier" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "PoolMember_pkey" PRIMARY KEY ("workspaceId","poolId","repId")
);

-- CreateTable
CREATE TABLE "Rotation" (
    "workspaceId" UUID NOT NULL,
    "poolId" UUID NOT NULL,
    "scale" TEXT NOT NULL,
    "credits" JSONB NOT NULL,
    "received" JSONB NOT NULL,
    "batch" BIGINT NOT NULL,

    CONSTRAINT "Rotation_pkey" PRIMARY KEY ("workspaceId","poolId")
);

-- CreateTable
CREATE TABLE "Territory" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "parentId" UUID,
    "position" INTEGER NOT NULL,
    "countries" TEXT[],
    "regions" TEXT[],
    "metros" TEXT[],
    "postalPrefixes" TEXT[],
    "industries" TEXT[],
    "employeesMin" INTEGER,
    "employeesMax" INTEGER,
    "repId" UUID,
    "poolId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Territory_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Account" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "normalizedName" TEXT NOT NULL,
    "kind" "AccountKind" NOT NULL,
    "ownerId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "AccountDomain" (
    "workspaceId" UUID NOT NULL,
    "domain" TEXT NOT NULL,
    "accountId" UUID NOT NULL,

    CONSTRAINT "AccountDomain_pkey" PRIMARY KEY ("workspaceId","domain")
);

-- CreateTable
CREATE TABLE "Segment" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "condition" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Segment_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "PlanVersion" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "status" "PlanStatus" NOT NULL,
    "steps" JSONB NOT NULL,
    "lastResort" TEXT[],
    "note" TEXT,
    "savedBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "publishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "PlanVersion_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Lead" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "status" "LeadStatus" NOT NULL,
    "source" TEXT NOT NULL,
    "idempotencyKey" TEXT,
    "payloadHash" BYTEA NOT NULL,
    "payload" JSONB NOT NULL,
    "submittedBy" TEXT NOT NULL,
    "firstName" TEXT,
    "lastName" TEXT,
    "email" TEXT,
    "phone" TEXT,
    "jobTitle" TEXT,
    "companyName" TEXT,
    "companyDomain" TEXT,
    "country" TEXT,
    "region" TEXT,
    "city" TEXT,
    "metro" TEXT,
    "postalCode" TEXT,
    "industry" TEXT,
    "employees" INTEGER,
    "score" DOUBLE PRECISION,
    "requestKind" "RequestKind" NOT NULL,
    "productInterest" TEXT,
    "qualification" "Qualification" NOT NULL,
    "icp" BOOLEAN NOT NULL,
    "timeZone" TEXT,
    "language" TEXT,
    "message" TEXT,
    "attributes" JSONB NOT NULL,
    "accountId" UUID,
    "capturedAt" TIMESTAMPTZ(3) NOT NULL,
    "receivedAt" TIMESTAMPTZ(3) NOT NULL,
    "firstContactAt" TIMESTAMPTZ(3),
    "closedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Lead_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Assignment" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "leadId" UUID NOT NULL,
    "repId" UUID NOT NULL,
    "method" "Method" NOT NULL,
    "stepKey" TEXT,
    "poolId" UUID,
    "territoryId" UUID,
    "planVersion" INTEGER,
    "value" INTEGER NOT NULL,
    "reason" TEXT,
    "assignedBy" TEXT,
    "assignedAt" TIMESTAMPTZ(3) NOT NULL,
    "acknowledgedAt" TIMESTAMPTZ(3),
    "firstContactAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Assignment_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Decision" (
    "workspaceId" UUID NOT NULL,
    "assignmentId" UUID NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "Decision_pkey" PRIMARY KEY ("workspaceId","assignmentId")
);

-- CreateTable
CREATE TABLE "Activity" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "leadId" UUID NOT NULL,
    "repId" UUID,
    "kind" "ActivityKind" NOT NULL,
    "note" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Activity_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Event" (
    "workspaceId" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "repId" UUID,
    "previous" BIGINT NOT NULL,
    "leadId" UUID,
    "assignmentId" UUID,
    "data" JSONB NOT NULL,

    CONSTRAINT "Event_pkey" PRIMARY KEY ("workspaceId","number")
);

-- CreateIndex
CREATE UNIQUE INDEX "Workspace_key_key" ON "Workspace"("key");

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_keyId_key" ON "ApiKey"("keyId");

-- CreateIndex
CREATE UNIQUE INDEX "Rep_workspaceId_key_key" ON "Rep"("workspaceId", "key");

-- CreateIndex
CREATE UNIQUE INDEX "Rep_workspaceId_email_key" ON "Rep"("workspaceId", "email");

-- CreateIndex
CREATE INDEX "RepState_workspaceId_batch_idx" ON "RepState"("workspaceId", "batch");

-- CreateIndex
CREATE UNIQUE INDEX "Pool_workspaceId_key_key" ON "Pool"("workspaceId", "key");

-- CreateIndex
CREATE INDEX "PoolMember_workspaceId_repId_idx" ON "PoolMember"("workspaceId", "repId");

-- CreateIndex
CREATE INDEX "Rotation_workspaceId_batch_idx" ON "Rotation"("workspaceId", "batch");

-- CreateIndex
CREATE UNIQUE INDEX "Territory_workspaceId_key_key" ON "Territory"("workspaceId", "key");

-- CreateIndex
CREATE INDEX "Account_workspaceId_normalizedName_idx" ON "Account"("workspaceId", "normalizedName");

-- CreateIndex
CREATE INDEX "Account_workspaceId_ownerId_idx" ON "Account"("workspaceId", "ownerId");

-- CreateIndex
CREATE UNIQUE INDEX "Account_workspaceId_key_key" ON "Account"("workspaceId", "key");

-- CreateIndex
CREATE INDEX "AccountDomain_workspaceId_accountId_idx" ON "AccountDomain"("workspaceId", "accountId");

-- CreateIndex
CREATE UNIQUE INDEX "Segment_workspaceId_key_key" ON "Segment"("workspaceId", "key");

-- CreateIndex
CREATE UNIQUE INDEX "PlanVersion_workspaceId_version_key" ON "PlanVersion"("workspaceId", "version");

-- CreateIndex
CREATE INDEX "Lead_workspaceId_receivedAt_idx" ON "Lead"("workspaceId", "receivedAt");

-- CreateIndex
CREATE INDEX "Lead_workspaceId_email_idx" ON "Lead"("workspaceId", "email");

-- CreateIndex
CREATE INDEX "Assignment_workspaceId_leadId_idx" ON "Assignment"("workspaceId", "leadId");

-- CreateIndex
CREATE INDEX "Assignment_workspaceId_repId_number_idx" ON "Assignment"("workspaceId", "repId", "number");

-- CreateIndex
CREATE INDEX "Assignment_workspaceId_assignedAt_idx" ON "Assignment"("workspaceId", "assignedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Assignment_workspaceId_number_key" ON "Assignment"("workspaceId", "number");

-- CreateIndex
CREATE INDEX "Activity_workspaceId_leadId_idx" ON "Activity"("workspaceId", "leadId");

-- CreateIndex
CREATE INDEX "Event_workspaceId_repId_number_idx" ON "Event"("workspaceId", "repId", "number");

-- AddForeignKey
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_workspaceId_repId_fkey" FOREIGN KEY ("workspaceId", "repId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Rep" ADD CONSTRAINT "Rep_workspaceId_managerId_fkey" FOREIGN KEY ("workspaceId", "managerId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Rep" ADD CONSTRAINT "Rep_workspaceId_backupId_fkey" FOREIGN KEY ("workspaceId", "backupId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "PoolMember" ADD CONSTRAINT "PoolMember_workspaceId_poolId_fkey" FOREIGN KEY ("workspaceId", "poolId") REFERENCES "Pool"("workspaceId", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "PoolMember" ADD CONSTRAINT "PoolMember_workspaceId_repId_fkey" FOREIGN KEY ("workspaceId", "repId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Territory" ADD CONSTRAINT "Territory_workspaceId_parentId_fkey" FOREIGN KEY ("workspaceId", "parentId") REFERENCES "Territory"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Territory" ADD CONSTRAINT "Territory_workspaceId_repId_fkey" FOREIGN KEY ("workspaceId", "repId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Territory" ADD CONSTRAINT "Territory_workspaceId_poolId_fkey" FOREIGN KEY ("workspaceId", "poolId") REFERENCES "Pool"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_workspaceId_ownerId_fkey" FOREIGN KEY ("workspaceId", "ownerId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "AccountDomain" ADD CONSTRAINT "AccountDomain_workspaceId_accountId_fkey" FOREIGN KEY ("workspaceId", "accountId") REFERENCES "Account"("workspaceId", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Assignment" ADD CONSTRAINT "Assignment_workspaceId_leadId_fkey" FOREIGN KEY ("workspaceId", "leadId") REFERENCES "Lead"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Assignment" ADD CONSTRAINT "Assignment_workspaceId_repId_fkey" FOREIGN KEY ("workspaceId", "repId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Decision" ADD CONSTRAINT "Decision_workspaceId_assignmentId_fkey" FOREIGN KEY ("workspaceId", "assignmentId") REFERENCES "Assignment"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Activity" ADD CONSTRAINT "Activity_workspaceId_leadId_fkey" FOREIGN KEY ("workspaceId", "leadId") REFERENCES "Lead"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- What Prisma's schema cannot express.

-- One current owner per lead, guarded by the database and not only by code.
CREATE UNIQUE INDEX "Assignment_current_key" ON "Assignment" ("workspaceId", "leadId") WHERE "endedAt" IS NULL;
-- A rep's own leads: the current assignments.
CREATE INDEX "Assignment_current_rep_idx" ON "Assignment" ("workspaceId", "repId", "number") WHERE "endedAt" IS NULL;
-- A retry finds the lead of its first try.
CREATE UNIQUE INDEX "Lead_idempotency_key" ON "Lead" ("workspaceId", "source", "idempotencyKey") WHERE "idempotencyKey" IS NOT NULL;
-- One published version and one draft at most.
CREATE UNIQUE INDEX "PlanVersion_current_key" ON "PlanVersion" ("workspaceId", "status") WHERE "status" IN ('PUBLISHED', 'DRAFT');
CREATE INDEX "Territory_parent_idx" ON "Territory" ("workspaceId", "parentId") WHERE "parentId" IS NOT NULL;

ALTER TABLE "Rep" ADD CONSTRAINT "Rep_capacity_check" CHECK ("capacity" >= 0);
ALTER TABLE "RepState" ADD CONSTRAINT "RepState_load_check" CHECK ("load" >= 0);
ALTER TABLE "PoolMember" ADD CONSTRAINT "PoolMember_weight_check" CHECK ("weight" >= 0);
ALTER TABLE "Lead" ADD CONSTRAINT "Lead_score_check" CHECK ("score" BETWEEN 0 AND 100);
-- A territory points at a rep or at a pool, or takes its parent's target.
ALTER TABLE "Territory" ADD CONSTRAINT "Territory_target_check" CHECK (num_nonnulls("repId", "poolId") <= 1);
