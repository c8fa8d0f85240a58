"""The parts of the teacher's page on students: the list, one student, the class's end, what was done here."""
