-- While a sample store is filled: nothing of it counts before it is complete. Neither setting stays in the file.
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
