def rewrite(function, body, shapes):
    return False
