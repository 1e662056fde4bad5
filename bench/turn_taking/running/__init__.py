"""Systems in processes of their own: their environments, who plays when, and the folder of a run."""
