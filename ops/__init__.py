"""Running the engine: settings, launcher, processes, command line, measurements."""
