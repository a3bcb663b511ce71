"""What Prometheus is told: whom to ask (prometheus.yml, host.yml), what to record and when to alarm (rules/)."""
