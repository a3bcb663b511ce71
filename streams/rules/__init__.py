"""Pure rules: one alert kind per module."""
