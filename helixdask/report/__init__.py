"""The page of a whole run: what a store and its models hold, as sections of tables and figures."""
