"""Who asks: bearer tokens of an OIDC issuer, API keys and client certificates of machines."""
