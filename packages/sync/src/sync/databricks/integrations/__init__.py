"""Programs that submit runs."""
