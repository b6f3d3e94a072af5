"""Ledgers are append-only: the database itself refuses to change or delete their rows."""

from django.db import migrations

CREATE_FUNCTION = """
CREATE FUNCTION bookstore_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    new_row jsonb;
    old_row jsonb;
BEGIN
    -- Sample data is the one thing that may be taken away again, with its ledger.
    IF TG_OP = 'DELETE' THEN
        IF current_setting('bookstore.allow_removal', true) = 'on' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% is append-only: rows are never deleted', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- The trigger's arguments name columns that may become NULL: whom they point to may go.
    new_row := to_jsonb(NEW);
    old_row := to_jsonb(OLD);
    FOR place IN 0 .. TG_NARGS - 1 LOOP
        IF new_row -> TG_ARGV[place] = 'null'::jsonb THEN
            new_row := new_row - TG_ARGV[place];
            old_row := old_row - TG_ARGV[place];
        END IF;
    END LOOP;
    IF new_row IS DISTINCT FROM old_row THEN
        RAISE EXCEPTION '% is append-only: rows are never changed', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""
CREATE_TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalog_stockmovement
FOR EACH ROW EXECUTE FUNCTION bookstore_append_only('actor_id')
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_FUNCTION, "DROP FUNCTION bookstore_append_only()"),
        migrations.RunSQL(CREATE_TRIGGER, "DROP TRIGGER append_only ON catalog_stockmovement"),
    ]
