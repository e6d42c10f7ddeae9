// placeholder while the house is raised
