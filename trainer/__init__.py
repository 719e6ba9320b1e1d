"""The network, its weights, the feed, tuning and prediction: the only place that imports TensorFlow."""
