"""What the tests share: driver, builders, fakes, oracle."""
