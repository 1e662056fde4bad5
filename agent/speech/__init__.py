"""Speech: engines that hear and speak, how one is chosen, and the voice that speaks through the chosen one."""
