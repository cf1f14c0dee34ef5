"""Our own nouns under `/v1`: what the clients' API cannot say, in the same envelope."""
