"""Values: names, indexes, constraints, steps, states, and the SQL a step comes to."""
