"""Reading what people give: text, tables, and whatever other libraries make of damaged files."""
