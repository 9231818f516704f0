-- CreateEnum
CREATE TYPE "CatchUp" AS ENUM ('NONE', 'BOUNDED', 'FULL');

-- CreateEnum
CREATE TYPE "SlaClock" AS ENUM ('REAL', 'WORKING');

-- CreateEnum
CREATE TYPE "SlaStatus" AS ENUM ('DUE', 'FULFILLED', 'FAILED');

-- CreateEnum
CREATE TYPE "OfferStatus" AS ENUM ('OPEN', 'ACCEPTED', 'DECLINED', 'TIMED_OUT', 'WITHDRAWN');

-- CreateEnum
CREATE TYPE "DeadlineKind" AS ENUM ('SLA', 'OFFER', 'QUEUE', 'LEAVE');

-- CreateEnum
CREATE TYPE "WaitsFor" AS ENUM ('SOMEONE', 'CLAIM');

-- CreateEnum
CREATE TYPE "CalendarKind" AS ENUM ('ICS', 'CALDAV', 'GOOGLE', 'MICROSOFT', 'HR');

-- AlterEnum
ALTER TYPE "Method" ADD VALUE 'QUEUE';
ALTER TYPE "Method" ADD VALUE 'CLAIM';
ALTER TYPE "Method" ADD VALUE 'ESCALATION';

-- AlterTable
ALTER TABLE "Assignment" ADD COLUMN     "offerReason" TEXT,
ADD COLUMN     "offerStatus" "OfferStatus",
ADD COLUMN     "offerUntil" TIMESTAMPTZ(3),
ADD COLUMN     "queueId" UUID,
ADD COLUMN     "slaDueAt" TIMESTAMPTZ(3),
ADD COLUMN     "slaPolicy" TEXT,
ADD COLUMN     "slaStatus" "SlaStatus";

-- AlterTable
ALTER TABLE "Lead" ADD COLUMN     "priority" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "Pool" ADD COLUMN     "catchUp" "CatchUp" NOT NULL DEFAULT 'NONE',
ADD COLUMN     "catchUpLeads" INTEGER NOT NULL DEFAULT 2,
ADD COLUMN     "horizonHours" INTEGER,
ADD COLUMN     "skips" TEXT[] DEFAULT '{OUT_OF_OFFICE,NOT_SEEN,PAUSED,PUBLIC_HOLIDAY,OUTSIDE_HOURS,BUSY_ALL_DAY,BUSY}';

-- AlterTable
ALTER TABLE "Rep" ADD COLUMN     "dateHours" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "holidayRegion" TEXT,
ADD COLUMN     "workingHours" JSONB;

-- AlterTable
ALTER TABLE "Workspace" ADD COLUMN     "defaultSla" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "holidayRegion" TEXT,
ADD COLUMN     "notSeenAfterMinutes" INTEGER DEFAULT 1440;

-- CreateTable
CREATE TABLE "RepPresence" (
    "workspaceId" UUID NOT NULL,
    "repId" UUID NOT NULL,
    "pause" JSONB,
    "busyUntil" TIMESTAMPTZ(3),
    "leaves" JSONB NOT NULL,
    "calendars" JSONB NOT NULL,
    "lastSeenAt" TIMESTAMPTZ(3),
    "batch" BIGINT NOT NULL,

    CONSTRAINT "RepPresence_pkey" PRIMARY KEY ("workspaceId","repId")
);

-- CreateTable
CREATE TABLE "Queue" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "poolId" UUID NOT NULL,
    "responsibleId" UUID NOT NULL,
    "deadlineSeconds" INTEGER NOT NULL,
    "claimLimit" INTEGER,
    "overflow" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Queue_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "QueueState" (
    "workspaceId" UUID NOT NULL,
    "queueId" UUID NOT NULL,
    "someone" INTEGER NOT NULL,
    "claim" INTEGER NOT NULL,
    "batch" BIGINT NOT NULL,

    CONSTRAINT "QueueState_pkey" PRIMARY KEY ("workspaceId","queueId")
);

-- CreateTable
CREATE TABLE "QueuedLead" (
    "workspaceId" UUID NOT NULL,
    "leadId" UUID NOT NULL,
    "queueId" UUID NOT NULL,
    "assignmentId" UUID NOT NULL,
    "waitsFor" "WaitsFor" NOT NULL,
    "priority" INTEGER NOT NULL,
    "capturedAt" TIMESTAMPTZ(3) NOT NULL,
    "queuedAt" TIMESTAMPTZ(3) NOT NULL,
    "dueAt" TIMESTAMPTZ(3) NOT NULL,
    "overflowed" BOOLEAN NOT NULL,

    CONSTRAINT "QueuedLead_pkey" PRIMARY KEY ("workspaceId","leadId")
);

-- CreateTable
CREATE TABLE "Deadline" (
    "workspaceId" UUID NOT NULL,
    "kind" "DeadlineKind" NOT NULL,
    "subjectId" UUID NOT NULL,
    "leadId" UUID,
    "repId" UUID,
    "dueAt" TIMESTAMPTZ(3) NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "Deadline_pkey" PRIMARY KEY ("workspaceId","kind","subjectId")
);

-- CreateTable
CREATE TABLE "SlaPolicy" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "condition" JSONB,
    "clock" "SlaClock" NOT NULL,
    "rungs" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SlaPolicy_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Calendar" (
    "workspaceId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "repId" UUID,
    "kind" "CalendarKind" NOT NULL,
    "source" JSONB NOT NULL,
    "syncedAt" TIMESTAMPTZ(3),
    "tag" TEXT,
    "faultCode" TEXT,
    "fault" TEXT,
    "nextSyncAt" TIMESTAMPTZ(3) NOT NULL,
    "attempt" INTEGER NOT NULL,
    "unmatched" INTEGER NOT NULL,
    "alerted" BOOLEAN NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Calendar_pkey" PRIMARY KEY ("workspaceId","id")
);

-- CreateTable
CREATE TABLE "Process" (
    "id" UUID NOT NULL,
    "poolId" TEXT,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "seenAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Process_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "RepPresence_workspaceId_batch_idx" ON "RepPresence"("workspaceId", "batch");

-- CreateIndex
CREATE UNIQUE INDEX "Queue_workspaceId_key_key" ON "Queue"("workspaceId", "key");

-- CreateIndex
CREATE INDEX "QueueState_workspaceId_batch_idx" ON "QueueState"("workspaceId", "batch");

-- CreateIndex
CREATE INDEX "QueuedLead_workspaceId_queueId_waitsFor_priority_capturedAt_idx" ON "QueuedLead"("workspaceId", "queueId", "waitsFor", "priority" DESC, "capturedAt", "leadId");

-- CreateIndex
CREATE INDEX "Deadline_workspaceId_dueAt_idx" ON "Deadline"("workspaceId", "dueAt");

-- CreateIndex
CREATE UNIQUE INDEX "SlaPolicy_workspaceId_key_key" ON "SlaPolicy"("workspaceId", "key");

-- CreateIndex
CREATE INDEX "Calendar_workspaceId_repId_idx" ON "Calendar"("workspaceId", "repId");

-- CreateIndex
CREATE INDEX "Calendar_nextSyncAt_idx" ON "Calendar"("nextSyncAt");

-- AddForeignKey
ALTER TABLE "Queue" ADD CONSTRAINT "Queue_workspaceId_poolId_fkey" FOREIGN KEY ("workspaceId", "poolId") REFERENCES "Pool"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Queue" ADD CONSTRAINT "Queue_workspaceId_responsibleId_fkey" FOREIGN KEY ("workspaceId", "responsibleId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Calendar" ADD CONSTRAINT "Calendar_workspaceId_repId_fkey" FOREIGN KEY ("workspaceId", "repId") REFERENCES "Rep"("workspaceId", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- What was there gets its value above; from here on every row says its own.
ALTER TABLE "Lead" ALTER COLUMN "priority" DROP DEFAULT;
ALTER TABLE "Pool" ALTER COLUMN "catchUp" DROP DEFAULT, ALTER COLUMN "catchUpLeads" DROP DEFAULT, ALTER COLUMN "skips" DROP DEFAULT;
ALTER TABLE "Rep" ALTER COLUMN "dateHours" DROP DEFAULT;
ALTER TABLE "Workspace" ALTER COLUMN "defaultSla" DROP DEFAULT, ALTER COLUMN "notSeenAfterMinutes" DROP DEFAULT;

-- What Prisma's schema cannot express.

-- Offers that are open, by the rep who is to accept.
CREATE INDEX "Assignment_open_offer_idx" ON "Assignment" ("workspaceId", "repId") WHERE "offerStatus" = 'OPEN' AND "endedAt" IS NULL;
-- What managers look for: assignments that nobody has acknowledged.
CREATE INDEX "Assignment_unacknowledged_idx" ON "Assignment" ("workspaceId", "number") WHERE "acknowledgedAt" IS NULL AND "endedAt" IS NULL;

-- Queues are kept as they stand from a version on, as all configuration that decisions are replayed with.
CREATE TRIGGER "history_insert" AFTER INSERT ON "Queue" REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"();
CREATE TRIGGER "history_update" AFTER UPDATE ON "Queue" REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"();
CREATE TRIGGER "history_delete" AFTER DELETE ON "Queue" REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"();

-- What was kept before knows nothing of these columns: it gets what they stood for.
UPDATE "ConfigurationHistory" SET "row" = "row" || '{"catchUp":"NONE","catchUpLeads":2,"skips":["OUT_OF_OFFICE","NOT_SEEN","PAUSED","PUBLIC_HOLIDAY","OUTSIDE_HOURS","BUSY_ALL_DAY","BUSY"]}' WHERE "kind" = 'Pool' AND "row" IS NOT NULL;
UPDATE "ConfigurationHistory" SET "row" = "row" || '{"dateHours":[]}' WHERE "kind" = 'Rep' AND "row" IS NOT NULL;
UPDATE "ConfigurationHistory" SET "row" = "row" || '{"defaultSla":true,"notSeenAfterMinutes":1440}' WHERE "kind" = 'Workspace' AND "row" IS NOT NULL;
