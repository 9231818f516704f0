-- AlterTable: what is there stays readable JSON until a server seals it.
ALTER TABLE "Calendar" ALTER COLUMN "source" SET DATA TYPE TEXT USING "source"::text;

-- AlterTable
ALTER TABLE "Lane" ADD COLUMN     "auditHash" BYTEA,
ADD COLUMN     "lastAudit" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "salt" UUID NOT NULL DEFAULT gen_random_uuid();

-- AlterTable
ALTER TABLE "Lead" ADD COLUMN     "erasedAt" TIMESTAMPTZ(3),
ADD COLUMN     "personHash" BYTEA;

-- AlterTable
ALTER TABLE "Workspace" ADD COLUMN     "retention" JSONB NOT NULL DEFAULT '[]';

-- CreateTable
CREATE TABLE "AuditEntry" (
    "workspaceId" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "requestId" TEXT,
    "configVersion" BIGINT,
    "details" JSON,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("workspaceId","number")
);

-- CreateIndex
CREATE INDEX "AuditEntry_workspaceId_action_number_idx" ON "AuditEntry"("workspaceId", "action", "number");

-- CreateIndex
CREATE INDEX "AuditEntry_workspaceId_by_number_idx" ON "AuditEntry"("workspaceId", "by", "number");

-- CreateIndex
CREATE INDEX "ConfigurationHistory_workspaceId_version_idx" ON "ConfigurationHistory"("workspaceId", "version");

-- CreateIndex
CREATE INDEX "Event_workspaceId_leadId_idx" ON "Event"("workspaceId", "leadId");

-- CreateTable: not worth writing to the disk twice; after a crash everybody has a new minute.
CREATE UNLOGGED TABLE "RateLimit" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "RateLimit_pkey" PRIMARY KEY ("key")
);

-- By the hash of a person: whether and when they were erased.
CREATE INDEX "Lead_personHash_idx" ON "Lead" ("workspaceId", "personHash") WHERE "personHash" IS NOT NULL;

-- The audit log, and what the rows it speaks of were, can be appended to and nothing else.
CREATE FUNCTION "appendOnly"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '"%" can only be appended to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditEntry" FOR EACH STATEMENT EXECUTE FUNCTION "appendOnly"();
CREATE TRIGGER "append_only" BEFORE DELETE OR TRUNCATE ON "ConfigurationHistory" FOR EACH STATEMENT EXECUTE FUNCTION "appendOnly"();

-- SLA policies are kept as they stand from a version on, like the rest of what a company sets up.
CREATE TRIGGER "history_insert" AFTER INSERT ON "SlaPolicy" REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"();
CREATE TRIGGER "history_update" AFTER UPDATE ON "SlaPolicy" REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"();
CREATE TRIGGER "history_delete" AFTER DELETE ON "SlaPolicy" REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepConfigurationHistory"();
INSERT INTO "ConfigurationHistory" SELECT t."workspaceId", 'SlaPolicy', t."id"::text, l."configVersion", to_jsonb(t) FROM "SlaPolicy" t JOIN "Lane" l ON l."workspaceId" = t."workspaceId";

-- A row that changes several times in one transaction has one line of its version, which is not committed yet.
CREATE FUNCTION "keepCommitted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."version" <= (SELECT l."configVersion" FROM "Lane" l WHERE l."workspaceId" = OLD."workspaceId") THEN
    RAISE EXCEPTION '"%" can only be appended to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "keep_committed" BEFORE UPDATE ON "ConfigurationHistory" FOR EACH ROW EXECUTE FUNCTION "keepCommitted"();

-- As the owner of the tables: a server's own user may not look at the sizes of tables that it does not own.
CREATE FUNCTION "analyzeLeads"() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  ANALYZE "Lead", "Assignment", "Decision", "Activity", "Event", "Deadline", "RepState", "Rotation";
END $$;
