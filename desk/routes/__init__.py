"""Routes of the web application, one module a topic."""
