"""An optional language model that judges how the agent spoke; its marks count only where people were found to agree."""
