module envspitter

go 1.26.0
