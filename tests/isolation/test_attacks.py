"""scratch."""

import psycopg


def test_x(world, viewers):
    """x."""
    a = world.admin
    for q in [
        "show server_version",
        "select current_user, (select rolsuper from pg_roles where rolname=current_user)",
        "select datacl from pg_database where datname=current_database()",
        "select rolname,rolsuper,rolcreaterole,rolinherit,rolbypassrls,rolvaliduntil,rolconnlimit from pg_roles where rolname !~ '^pg_'",
        "select extname from pg_extension",
        "select roleid::regrole, member::regrole, grantor::regrole, admin_option, inherit_option, set_option from pg_auth_members where roleid::regrole::text like '%edukit%'",
        "select proname, proowner::regrole, prosecdef, proacl, proconfig from pg_proc where pronamespace='public'::regnamespace and prolang<>13",
        "select relname, relacl, relowner::regrole, relforcerowsecurity from pg_class where relnamespace='public'::regnamespace and relkind in ('r','v','m')",
        "select attrelid::regclass, attname, attacl from pg_attribute where attacl is not null and attrelid::regclass::text not like 'pg_%'",
    ]:
        print(q)
        for r in a.execute(q).fetchall():
            print("   ", r)
