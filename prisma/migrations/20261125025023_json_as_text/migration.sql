-- Decisions and rotations are read as a whole: as text they are written in half the time. The tables are rewritten once.
-- AlterTable
ALTER TABLE "Decision" ALTER COLUMN "data" SET DATA TYPE JSON;

-- AlterTable
ALTER TABLE "Rotation" ALTER COLUMN "credits" SET DATA TYPE JSON,
ALTER COLUMN "received" SET DATA TYPE JSON;
