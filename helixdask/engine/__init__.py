"""What a stage is, and running one: plans, receipts, locks, Dask."""
