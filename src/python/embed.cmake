# cmake -DOUTPUT=… -DFILES="a.py;b.py" -P embed.cmake: writes the Python sources into a C++ file.
set(text "// Made from src/python/host/*.py.\n#include \"python/embedded.hpp\"\n\nnamespace jhub::python {\n\n")
string(APPEND text "std::vector<EmbeddedModule> const& embedded_modules()\n{\n    static std::vector<EmbeddedModule> const modules{\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  # READ of CMake would turn semicolons and brackets into list syntax only when unquoted; quoted it is verbatim.
  file(READ ${file} source)
  string(APPEND text "        {\"${name}\", R\"PYTHON(${source})PYTHON\"},\n")
endforeach()
string(APPEND text "    };\n    return modules;\n}\n\n} // namespace jhub::python\n")
file(WRITE ${OUTPUT} "${text}")
