"""The initializers that core provides, one family a module."""
