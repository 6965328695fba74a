SELECT {key} FROM {changes} WHERE ord BETWEEN :first AND :last
