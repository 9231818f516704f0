-- Decisions are read as a whole: as text they are written in half the time. The table is rewritten once.
-- AlterTable
ALTER TABLE "Decision" ALTER COLUMN "data" SET DATA TYPE JSON;
