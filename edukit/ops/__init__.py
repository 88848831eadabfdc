"""Running it: the embedded stores, migrations, health, the demo school."""
