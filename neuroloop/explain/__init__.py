"""Looking inside any network: attribution maps and their sanity tests, units, embeddings."""
