"""The parts that the pages are built from: everything here and in pages/ draws, nothing here measures or marks."""
