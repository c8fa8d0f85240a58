"""What every run goes through, whatever its lab: settings, plan, loading, execution, record, the files made of it."""
