/** What generated templates are made of. The names are those of the golden cases' context. */
export const names = [
  "name",
  "n",
  "f",
  "t",
  "fls",
  "empty",
  "nul",
  "missing",
  "list",
  "map",
  "user",
  "x",
  "y",
  "s",
  "big",
  "nums",
  "rows",
  "nested",
  "withnull",
  "numstr",
  "elist",
  "emap",
  "neg",
  "csv",
] as const;

export const properties = [
  ...["k1", "name", "address", "city", "size", "empty", "foo", "age", "tags"],
  ...["sku", "price", "qty", "key", "value", "length", "class", "isVip", "address.city"],
] as const;

export const words = [
  ...["a", " ", "\n", "b c", "<p>", "&amp;", "# x", "#fff", "#1", "$ x", "$)", "$5", "%", ".", "-"],
  ...["\\", " (", ")", " [", " {", "} ", "  ", "\t", "!", " ##c\n", "#*c*#", "#[[r$x]] #]]#"],
  ...[
    "\r\n",
    " @",
    ",",
    ";",
    "\n  ",
    "\n\n",
    "## c\n",
    "#*\nc\n*#\n",
    "ü\u4e2d",
    "#",
    "$",
    "#[[]]#",
  ],
  ...["<!-- ", " -->", "$!", "${", "#{", "a@b.example.com", "50%|", "$.x", "#(x)", "$$", "##\n"],
] as const;

export const methods = [
  ...["length()", "size()", "get(0)", "get('k1')", "toString()", "isEmpty()", "contains('a')"],
  ...["equals($n)", "substring(1)", "substring(0,2)", "toUpperCase()", "trim()", "indexOf('o')"],
  ...["replace('o','0')", "split('o')", "keySet()", "values()", "entrySet()", "add('z')"],
  ...["put('z', 1)", "remove('k1')", "hashCode()", "intValue()", "compareTo('Bob')"],
  ...["matches('[A-Z].*')", "replaceAll('(l+)','<$1>')", "containsKey('k1')", "foo(1)"],
  ...["subList(0,1)", "startsWith('H')", "charAt(0)", "concat('!')", "lastIndexOf('o')"],
  ...["addAll([1,2])", "get($y)", "booleanValue()", "get(1)", "get('name')", "containsValue('v1')"],
  ...["endsWith('d')", "equalsIgnoreCase('BOB')", "toLowerCase()", 'indexOf("l", 3)', "remove(0)"],
  ...["set(0, 'q')", "clear()", "getClass()", "doubleValue()", "longValue()", "compareTo($n)"],
  ...[
    "containsAll(['a'])",
    "get('address').get('city')",
    "getOrDefault('q', 'd')",
    "retainAll(['a'])",
  ],
  ...["replaceFirst('[aeiou]', '_')", "split(',')", "split(',').size()", "join('-', $list)"],
  ...["repeat(2)", "isBlank()", "strip()", "format('%s|%5d|%.2f', 'a', 5, 1.5)", "equals('Bob')"],
  ...[
    "iterator()",
    "iterator().next()",
    "iterator().hasNext()",
    "putAll({'w': 2})",
    "entrySet().size()",
  ],
  ...[
    "putIfAbsent('k1', 9)",
    "indexOf('b')",
    "lastIndexOf('c')",
    "toCharArray()",
    "codePointAt(0)",
  ],
  ...["valueOf(5)", "parseInt('12')", "floatValue()", "byteValue()", "shortValue()", "isNaN()"],
  ...["contains($nul)", "add($nul)", "get($nul)", "put($nul, 1)", "concat($nul)", "equals($nul)"],
] as const;

export const operators = [
  ...["+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "and", "or", "eq"],
  ...["ne", "lt", "gt", "ge", "le"],
] as const;

export const literals = [
  ...["1", "0", "5", "-3", "2.5", "1.0", "true", "false", '"a"', "'b$n'", '""', '"$name!"'],
  ...['"x$!missing"', "[1, 2]", "[]", "{}", '{"a": 1}', "[1..3]", '"5"', "3000000000", "1e3"],
  ...['"#if($t)y#end"', "[$n, 'z']", "'it''s'", "2147483647", "-2147483648", "9223372036854775807"],
  ...["0.1", "1.5e-7", "100000000.0", "12345678.9", "1.0E10", "[3..1]", "[-2..2]", "[$n..$zero]"],
  ...[
    '{"a": {"b": [1, 2]}, "c": "d"}',
    "[[1, 2], {'k': $n}]",
    '{$name: $n, "q": $nul}',
    "[$nul, 1]",
  ],
  ...['"a""b"', "'$name'", '"${name}s $n.x $!{n}"', '"\\u0041"', '"$list.size() $map.k1"', "''"],
  ...[
    '"12"',
    "'1.5'",
    "[ ]",
    "{ }",
    "[1,[2,[3]]]",
    "{'x':1,'y':{'z':2}}",
    '"#foreach($q in $list)$q#end"',
  ],
] as const;

export const iterables = [
  ...["$list", "[1..3]", "$map", "$map.keySet()", "$nums", '["q","r"]', "$missing", "$rows"],
  ...[
    "[$n..3]",
    "$s",
    "$map.entrySet()",
    "$nested",
    "$withnull",
    "$elist",
    "$user.tags",
    "$map.values()",
  ],
  ...[
    "{'a': 1, 'b': 2}",
    "$nul",
    "[3..1]",
    "$x",
    "$emap",
    "$list.subList(1, 3)",
    "$list.iterator()",
  ],
] as const;

/** What a loop's body may end with. */
export const loopEnds = [
  ...["$foreach.count", "$foreach.index", "$velocityCount", "#break", "$foreach.hasNext", ""],
  ...["$foreach.first", "$foreach.last", "$foreach.parent.count", "$foreach.topmost.index"],
  ...[
    "#if($foreach.count == 2)#break#end",
    "#if($foreach.hasNext), #end",
    "$velocityHasNext",
    "#stop",
  ],
  ...["#break($foreach)", "$!foreach.parent.index", "#set($foreach.own = 1)$foreach.own"],
] as const;

/** Statements that are written as they stand. */
export const statements = [
  ...["#m($x)", "#m", "#m2(1 $n)", "#unknown($x)", "\\#if", "#break", "#stop", "$!x", "#m()"],
  ...["#m2($list, $map)", "#m2('a' \"b\")", "#@m($n)in $x#end", "#@m2($n $s)b#end", "#mb($n)"],
  ...["#@mb()x$!bodyContent#end", "\\$x", "\\\\$x", "\\#set($x = 1)", "\\\\#if($t)y#end", "#{end}"],
  ...[
    "#{if}($t)y#{end}",
    "#{set}($x = 2)",
    "#set ($x = 3)",
    "#if ($t)y#end",
    "#foreach ($q in $list)$q#end",
  ],
  ...[
    "#literal()$x#end",
    "$bodyContent",
    "\\#m",
    "\\$missing",
    "\\\\$missing",
    "\\$!x",
    "$\\!x",
    "\\#unknown",
  ],
  ...[
    "#unknown",
    "#@unknown()b#end",
    "#evaluate($s)",
    "#evaluate('$n #if($t)y#end')",
    "#end",
    "#else",
  ],
  ...[
    "#define($d)$x.#{end}$d $d",
    "$d",
    "#m([1, 2])",
    "#m({'a': 1})",
    '#m("$n-$name")',
    "#m($nul)",
  ],
  ...[
    "#recurse(3)",
    "#m($list.get(0))",
    "#m(-1)",
    "#m( $n )",
    "#m($n,$s)",
    "\\#end",
    "\\#else",
    "#set($x = [])",
  ],
] as const;

export const targets = [
  ...[
    "x",
    "y",
    "x.z",
    "map.k9",
    "list[0]",
    "user.name",
    "x.y.z",
    "map['k3']",
    "rows[0].sku",
    "x[0]",
  ],
  ...[
    "n",
    "user.address.city",
    "list[-1]",
    "missing.a",
    "withnull[1]",
    "map.k1.z",
    "s.x",
    "nested[0][1]",
  ],
] as const;
