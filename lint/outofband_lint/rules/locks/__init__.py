"""Rules about locks and transactions."""
