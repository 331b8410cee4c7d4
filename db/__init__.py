"""What Kawan remembers: the tables, the engine, the migrations. Imports nothing of ours."""
