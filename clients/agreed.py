"""What is agreed stays as it is: triggers by which the database refuses to change an agreed charter and its targets.

How a charter ended is added to it later, once. Only the owner's connection, which migrations use, can do otherwise.
"""

from .rls import IS_OWNER

KEEP_AGREED = f"""
CREATE FUNCTION fracops_keep_agreed_charter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ending text[] := '{{closed_at,closed_by,closing_note}}';
BEGIN
  IF OLD.agreed_at IS NOT NULL AND NOT {IS_OWNER} THEN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL
      OR to_jsonb(NEW) - ending IS DISTINCT FROM to_jsonb(OLD) - ending THEN
      RAISE EXCEPTION 'an agreed charter is never changed: write its next version' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION fracops_keep_agreed_target() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  charters bigint[] := '{{}}';
BEGIN
  IF TG_OP <> 'INSERT' THEN charters := charters || OLD.charter_id; END IF;
  IF TG_OP <> 'DELETE' THEN charters := charters || NEW.charter_id; END IF;
  IF NOT {IS_OWNER}
    AND EXISTS (SELECT 1 FROM clients_charter WHERE id = ANY (charters) AND agreed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'targets of an agreed charter are never changed: write its next version'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON clients_charter FOR EACH ROW EXECUTE FUNCTION fracops_keep_agreed_charter();
CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON clients_target FOR EACH ROW
  EXECUTE FUNCTION fracops_keep_agreed_target();
"""
LET_GO = """
DROP TRIGGER kept ON clients_target;
DROP TRIGGER kept ON clients_charter;
DROP FUNCTION fracops_keep_agreed_target();
DROP FUNCTION fracops_keep_agreed_charter();
"""
