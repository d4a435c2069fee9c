"""Running the suites, and what their tests work with."""
