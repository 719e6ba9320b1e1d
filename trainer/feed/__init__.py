"""The stream of batches: which windows, in which order, read and made into tensors."""
