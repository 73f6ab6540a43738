function showArchitectures() {}
function followArchitectures() {}
