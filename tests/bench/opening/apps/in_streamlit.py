"""The dashboard in Streamlit: `streamlit run in_streamlit.py`."""

import streamlit as st
from dashboard import HEADING, SENTENCE, bars, class_names, grid, heatmap, read, students

st.set_page_config(page_title=HEADING, layout="wide")

frame = st.cache_data(read)()
st.title(HEADING)
st.write(SENTENCE)
choice = st.selectbox("Class", class_names(frame))
scores = grid(frame, choice)
st.plotly_chart(heatmap(scores, choice), key="heatmap")
st.plotly_chart(bars(scores, choice), key="bars")
st.table(students(scores))
