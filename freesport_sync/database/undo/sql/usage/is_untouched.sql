SELECT false AS yes
