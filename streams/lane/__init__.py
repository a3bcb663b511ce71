"""The batched transport: fetch, flush in one transaction, acknowledge, recover."""
