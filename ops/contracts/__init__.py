"""The contracts for others: JSON Schemas and an AsyncAPI document out of the models, and what a change would break."""
