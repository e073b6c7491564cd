"""Which initializers exist, who provides them, and which one a name means."""
