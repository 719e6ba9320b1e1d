"""What people look at: tracks of a region, values of bins, the whole store, as lazy xarray objects."""
