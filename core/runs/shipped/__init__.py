"""Pictures that the project ships, for every lab that takes one."""
