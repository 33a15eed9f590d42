"""A world model whose state is a list of objects: it knows any scene made of objects it has seen one by one."""
