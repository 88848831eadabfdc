"""Let everybody choose for themselves at which scores the levels of mastery begin."""

from alembic import op

revision = "20261129_1510"
down_revision = "20261129_1500"

# Viewers may write no profile, and nothing else in their own: who they are, and what may be chosen, is looked at here.
# Whoever leaves loses their profile: locked, they cannot leave before this has made it.
CHOOSE = """
CREATE FUNCTION choose_mastery_thresholds(scores double precision[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who public.viewers := public.viewer();
    chosen jsonb := jsonb_build_object('mastery_thresholds', to_jsonb(scores));
BEGIN
    IF scores IS NOT NULL AND (cardinality(scores) <> 3
        OR NOT coalesce(0 < scores[1] AND scores[1] < scores[2] AND scores[2] < scores[3] AND scores[3] <= 100, false))
    THEN
        RAISE check_violation USING MESSAGE = 'Thresholds are three rising scores between 0 and 100.';
    END IF;
    PERFORM FROM public.users u
        WHERE u.institution_id = who.institution_id AND u.id = who.user_id AND u.departed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'Only a user has thresholds of their own.';
    ELSIF scores IS NULL THEN
        UPDATE public.profiles p SET preferences = p.preferences - 'mastery_thresholds'
            WHERE p.institution_id = who.institution_id AND p.user_id = who.user_id;
    ELSE
        INSERT INTO public.profiles AS p (institution_id, user_id, preferences)
            VALUES (who.institution_id, who.user_id, chosen)
            ON CONFLICT (institution_id, user_id) DO UPDATE SET preferences = p.preferences || chosen;
    END IF;
END $$;
COMMENT ON FUNCTION choose_mastery_thresholds(double precision[]) IS
    'keep at which scores the levels begin for who is looking; null: where they begin for everybody';
REVOKE EXECUTE ON FUNCTION choose_mastery_thresholds(double precision[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION choose_mastery_thresholds(double precision[]) TO edukit_viewer, edukit_analyst;
"""


def upgrade() -> None:
    """Make the one way in which viewers write into their own profile."""
    op.execute(CHOOSE)


def downgrade() -> None:
    """Take it away; what was chosen stays in the profiles, where nobody reads it."""
    op.execute("DROP FUNCTION choose_mastery_thresholds(double precision[])")
