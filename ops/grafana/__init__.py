"""Grafana's dashboards, as data, as Grafana reads them (dashboards/), and how it finds them (provisioning/)."""
