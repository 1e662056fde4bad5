"""The front door: command line, settings, composition and the demo."""
